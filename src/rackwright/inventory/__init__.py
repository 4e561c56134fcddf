"""The cluster file as an Ansible inventory: groups and host variables, derived on every run."""
