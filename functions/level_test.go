package functions_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/pkg/es/dynamotest"
)

// outrun answers writes to a table with an error of DynamoDB's, "" = it passes them on.
type outrun struct {
	next         dynamodb.HTTPClient
	table, error string
}

func (o *outrun) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if o.error == "" || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".PutItem") ||
		!bytes.Contains(body, []byte(o.table)) {
		return o.next.Do(r)
	}
	answer := `{"__type":"com.amazonaws.dynamodb.v20120810#` + o.error + `","message":"as the test has it"}`
	return &http.Response{
		StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r,
	}, nil
}

// TestOutrunIsAWarning: that another process was faster, which the next delivery mends, is no error in the log; what an
// operator has to mend is.
func TestOutrunIsAWarning(t *testing.T) {
	t.Parallel()
	for fault, level := range map[string]string{
		"ConditionalCheckFailedException": "WARN", "AccessDeniedException": "ERROR",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			o := &outrun{}
			s := newServiceOn(t, dynamotest.Client(t, annalslambda.Punctual, func(options *dynamodb.Options) {
				o.next, options.HTTPClient = options.HTTPClient, o
			}))
			s.ok(t, "POST /accounts", opened)
			s.project(t)
			s.ok(t, "POST /accounts/a-1/deposits", usd5)
			o.table, o.error = s.Tables["accounts"], fault
			if failed := s.deliver(t, s.records(t)...); len(failed) != 1 {
				t.Errorf("items that failed: %v, want one", failed)
			}
			if want := `"level":"` + level + `","msg":"a stream can't be projected"`; !strings.Contains(s.log.String(), want) {
				t.Errorf("logged %s, want %s", s.log, want)
			}
		})
	}
}
