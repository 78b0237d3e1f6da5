set session sql_mode = "ALLOW_INVALID_DATES";
