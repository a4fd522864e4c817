module tools/keda

go 1.26.0

// Nothing is built of it: its custom resource definitions are read from the module.
require github.com/kedacore/keda/v2 v2.21.0 // indirect
