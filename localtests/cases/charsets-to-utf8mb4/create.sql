set names utf8mb4;
create table gh_ost_test (
  id int not null primary key,
  c_latin1 varchar(40) character set latin1,
  c_cp1251 varchar(40) character set cp1251,
  c_koi8r varchar(40) character set koi8r,
  c_sjis varchar(40) character set sjis,
  c_gbk varchar(40) character set gbk,
  c_gb18030 varchar(40) character set gb18030,
  c_big5 varchar(40) character set big5,
  c_euckr varchar(40) character set euckr,
  c_ucs2 varchar(40) character set ucs2,
  c_utf16le varchar(40) character set utf16le,
  c_utf32 varchar(40) character set utf32,
  c_utf8mb3 varchar(40) character set utf8mb3,
  t_sjis text character set sjis,
  ch_gbk char(10) character set gbk
) engine=innodb;
insert into gh_ost_test values
  (1, 'äöüß €', 'Привет, мир', 'Привет, мир', 'こんにちは ﾃｽﾄ', '你好，世界', '你好，世界 😀', '你好，世界', '안녕하세요', 'Ωmega 漢', 'Ωmega 😀', 'Ωmega 😀', 'Ωmega 漢', 'ソース 表 能', '你好'),
  (2, '', '', '', '', '', '', '', '', '', '', '', '', '', ''),
  (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
