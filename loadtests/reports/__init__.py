"""What a load test found, as the terminal, a page, JSON, JUnit and Markdown show it."""
