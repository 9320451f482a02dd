package lambda_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/annals-es/annals/local/lambda"
)

// TestMetricsAreNotShown: lines in CloudWatch's embedded metric format are for CloudWatch; all else is shown.
func TestMetricsAreNotShown(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	var lock sync.Mutex
	w := lambda.Prefixed(&out, &lock, "f| ")
	for _, text := range []string{
		`{"Accepted":1,"Function":"f","_aws":{"Timestamp":1,"CloudWatchMetrics":[]}}` + "\n",
		`{"level":"ERROR","msg":"\"_aws\":"}` + "\n" + `{"Conflicts":1,"_aws":{"Timestamp":1}}` + "\n" + "plain\n",
	} {
		if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("write: %d bytes, %v, want all of them", n, err)
		}
	}
	if want := "f| {\"level\":\"ERROR\",\"msg\":\"\\\"_aws\\\":\"}\nf| plain\n"; out.String() != want {
		t.Errorf("shown: %q, want %q", out.String(), want)
	}
}
