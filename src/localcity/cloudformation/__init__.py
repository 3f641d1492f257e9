"""CloudFormation: change sets and properties."""
