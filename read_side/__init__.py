"""What can be asked: row types, which are the tables, and the queries over them."""
