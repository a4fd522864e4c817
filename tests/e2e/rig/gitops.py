# SPDX-License-Identifier: MIT
"""A platform's repository: what Flux applies from it. Files as {path: text}; YAML is written as JSON, which it is too.

    apps/NAME.yaml            a Deployment that a Kustomization applies
    releases/NAME.yaml        a HelmRelease of the chart below
    charts/web/               a chart in the repository: one Deployment, values image and replicas
"""
import json


def deployment(name, namespace, version="1.0.0", replicas=1, stage=None):
    """A Deployment whose pods kwok plays; `stage`: how they fail, see stages.yaml."""
    labels = {"app.kubernetes.io/name": name, **({"stage": stage} if stage else {})}
    return {"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/name": name}},
            "spec": {"replicas": replicas, "progressDeadlineSeconds": 20,
                     "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
                     "template": {"metadata": {"labels": labels}, "spec": {"containers": [
                         {"name": "app", "image": f"registry.example/{name}:{version}"}]}}}}


def helm_release(name, namespace, source, version="1.0.0", **spec):
    """A HelmRelease of charts/web in the GitRepository `source` of flux-system."""
    chart = {"chart": "./charts/web", "reconcileStrategy": "Revision", "interval": "2s",
             "sourceRef": {"kind": "GitRepository", "name": source, "namespace": "flux-system"}}
    return {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"interval": "10m", "timeout": "30s", "chart": {"spec": chart},
                     "values": {"image": f"registry.example/{name}:{version}"}, **spec}}


CHART = {
    "charts/web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "charts/web/values.yaml": "image: registry.example/web:1.0.0\nreplicas: 1\nstage: \"\"\n",
    "charts/web/templates/deployment.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  progressDeadlineSeconds: 20
  selector: {matchLabels: {app.kubernetes.io/name: {{ .Release.Name }}}}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {{ .Release.Name }}
        {{- with .Values.stage }}
        stage: {{ . }}
        {{- end }}
    spec:
      containers: [{name: app, image: {{ .Values.image | quote }}}]
""",
}


def text(*objects):
    """Objects as one file."""
    return "".join("---\n" + json.dumps(o, indent=1) + "\n" for o in objects)


def platform(namespace, source, apps=("walnut", "hazel"), releases=("maple",)):
    """A whole repository: a folder of apps, a folder of releases, and the chart."""
    files = dict(CHART)
    for name in apps:
        files[f"apps/{name}.yaml"] = text(deployment(name, namespace))
    for name in releases:
        files[f"releases/{name}.yaml"] = text(helm_release(name, namespace, source))
    return files
