"""How Pulumi reaches the resource handlers: classes for stack programs, a resource's life, the plugin."""
