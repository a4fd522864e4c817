module tools/prometheus-operator

go 1.26.0

// Nothing is built of it: its custom resource definitions are read from the module.
require github.com/prometheus-operator/prometheus-operator v0.85.0 // indirect
