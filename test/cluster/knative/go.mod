// Pins the release of Knative Serving whose CRDs the tests install, so that deploy/service.yaml is checked by them.
module pushbind.dev/test/cluster/knative

go 1.26.0

require knative.dev/serving v0.51.0
