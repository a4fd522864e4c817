{{- define "service.name" -}}
{{- default (trimSuffix "-release" .Release.Name) .Values.app.name | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- define "service.selector" -}}
app.kubernetes.io/name: {{ include "service.name" . }}
{{- end -}}
{{- define "service.labels" -}}
{{ include "service.selector" . }}
team: {{ .Values.app.team }}
{{- with .Values.app.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
{{/* What cannot be rendered is refused here too, so that a wrong value stops at the chart at the latest. */}}
{{- define "service.check" -}}
{{- if and .Values.hpa.enabled .Values.keda.enabled }}{{ fail "hpa.enabled and keda.enabled exclude each other" }}{{ end }}
{{- if and .Values.observability.serviceMonitor .Values.observability.podMonitor }}{{ fail "observability.serviceMonitor and observability.podMonitor exclude each other" }}{{ end }}
{{- if and .Values.progressive.enabled (eq .Values.rollout.strategy "Recreate") }}{{ fail "progressive.enabled and rollout.strategy=Recreate exclude each other" }}{{ end }}
{{- if and .Values.keda.enabled (not .Values.keda.triggers) }}{{ fail "keda.enabled requires keda.triggers" }}{{ end }}
{{- if and .Values.hpa.enabled .Values.pdb.enabled (ge (int .Values.pdb.minAvailable) (int .Values.hpa.minReplicas)) }}{{ fail "pdb.minAvailable must be below hpa.minReplicas, or no node can be drained" }}{{ end }}
{{- end -}}
