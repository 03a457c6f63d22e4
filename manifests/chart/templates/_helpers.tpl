{{- /* The image: by digest where there is one, else by tag, which is the chart's own version where none is given. */ -}}
{{- define "ucl-agent.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Settings by variable, those of `env` first. An empty one is the same as an absent one, for the agent too. */ -}}
{{- define "ucl-agent.environment" -}}
{{- $proxied := or .Values.proxy.https .Values.proxy.http -}}
{{- $own := dict
  "APP_RUNTIME_EVENTS_URL" .Values.runtime.eventsUrl
  "APP_RUNTIME_CONSOLE_URL" .Values.runtime.consoleUrl
  "APP_PRUNE_HOLD" .Values.prune.hold
  "HTTPS_PROXY" .Values.proxy.https
  "HTTP_PROXY" .Values.proxy.http
  "NO_PROXY" (ternary .Values.proxy.noProxy "" (not (empty $proxied)))
  "NODE_EXTRA_CA_CERTS" (ternary (printf "/etc/ucl-agent/extra-ca/%s" .Values.extraCa.key) "" (not (empty .Values.extraCa.configMap)))
-}}
{{- range $name, $value := mergeOverwrite $own .Values.env }}
{{- if $value }}
{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* Names and namespaces are those that Kyma's modules look for, so that a release anywhere else would mislead. */ -}}
{{- define "ucl-agent.namespace" -}}
{{- if ne .Release.Namespace "kyma-system" -}}
{{- fail "The agent and its Secrets belong into the namespace kyma-system, where Kyma's gateway looks for them: add --namespace kyma-system." -}}
{{- end -}}
{{- end -}}
