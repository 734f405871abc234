"""The command line: the one place that reads the environment and the configuration, and wires the parts.

main.py, commands.py, context.py   the root command, all others, and what they are given
settings.py, sections.py           the configuration; origins.py: where each value is from; failures.py: errors and exit codes
supervisor.py, posts.py            `up`: a post for each process; proxy_worker.py, workers.py: what runs at one
init.py, endpoints.py              endpoints listed by documents.py, openapi.py, endpoint_table.py or learned: proposals.py
check.py, doctor.py                findings.py from backend_findings.py, local_findings.py, worker_findings.py and others
"""
