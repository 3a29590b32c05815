"""What the benches of the running site share: people with sessions, a production web server, a light load generator."""
