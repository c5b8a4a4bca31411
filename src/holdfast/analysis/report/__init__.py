"""The post-incident report, in Markdown, made from the incident's document and nothing else."""
