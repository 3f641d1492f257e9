"""The CloudFormation stack: what deploy, destroy and preflight share."""
