"""Amazon SNS, which brings CloudWatch's alarms: its envelope, its signature, and its subscription to confirm."""
