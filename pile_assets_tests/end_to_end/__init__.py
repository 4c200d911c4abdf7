"""The one test with real servers: events happen to a deployment, and the daemon does what each needs without a person."""
