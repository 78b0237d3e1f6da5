set session sql_mode = "";
