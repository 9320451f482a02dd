package tamper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/internal/tamper"
)

func TestCount(t *testing.T) {
	t.Parallel()
	var line strings.Builder
	if err := tamper.Count(&line, 2, "Annals-ReactorFunction", time.UnixMilli(1234)); err != nil {
		t.Fatal(err)
	}
	want := `{"FunctionName":"Annals-ReactorFunction","TamperedCommits":2,"_aws":{"CloudWatchMetrics":[{"Dimensions":[["FunctionName"]],` +
		`"Metrics":[{"Name":"TamperedCommits","Unit":"Count"}],"Namespace":"Annals"}],"Timestamp":1234}}` + "\n"
	if line.String() != want {
		t.Errorf("wrote %s\nwant  %s", line.String(), want)
	}
}
