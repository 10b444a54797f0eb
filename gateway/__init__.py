"""The doors: commands and questions over HTTP, GraphQL, pages and the command line."""
