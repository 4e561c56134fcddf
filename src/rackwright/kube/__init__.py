"""The Kubernetes API as the resources need it: get in, ask with patience, find kinds, compare, wait.

In reading order: ``kubeconfig`` and ``wire`` (getting in), ``api`` (one request, asked again where that
helps), ``identity`` and ``discovery`` (which object, under which path), ``drift`` (what the server holds
against what is declared), ``values`` (a Secret's data by reference), ``waiting``, ``owners``, ``deletion``,
``listing``, ``refusal`` (the server's no in our words).
"""
