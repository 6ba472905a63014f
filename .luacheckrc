std = "lua54"
max_line_length = 160
read_globals = { "module", "prosody" }
