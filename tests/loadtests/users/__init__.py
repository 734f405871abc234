"""Users in Locust's own process: importing them here would patch this one."""
