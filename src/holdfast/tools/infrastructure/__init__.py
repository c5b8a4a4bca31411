"""The infrastructure tool servers: one looks at containers and makes Terraform plans, the other acts, on a grant."""
