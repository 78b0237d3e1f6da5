set session time_zone = '+00:00';
