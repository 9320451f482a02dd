package access //nolint:testpackage // see call_test.go

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/annals-es/annals/local/policy"
	"github.com/annals-es/annals/local/template"
)

const table = "arn:aws:dynamodb:us-east-1:000000000000:table/T"

// gated is a DynamoDB behind which a backend answers; the function Reader may get items of table T, and query
// its index by.
func gated(t *testing.T, backend http.HandlerFunc) *httptest.Server {
	t.Helper()
	behind := httptest.NewServer(backend)
	t.Cleanup(behind.Close)
	var may policy.Policy
	for action, resource := range map[string]string{"GetItem": table, "Query": table + "/index/by"} {
		one, err := policy.Parse(map[string]any{"Effect": "Allow", "Action": "dynamodb:" + action, "Resource": resource})
		if err != nil {
			t.Fatal(err)
		}
		may = append(may, one)
	}
	reader := policy.Principal{Role: "arn:aws:iam::000000000000:role/R", Session: "F", Policy: may}
	u, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	control := New(&template.System{
		Functions: []template.Function{{ID: "Reader", Principal: reader}}, Tables: []template.Table{{ARN: table}},
	})
	server := httptest.NewServer(control.DynamoDB(u))
	t.Cleanup(server.Close)
	return server
}

func ask(
	ctx context.Context, t *testing.T, server *httptest.Server, key, target, body string,
) (status int, answer string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", target)
	if key != "" {
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+
			"/20261125/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	return got.StatusCode, string(text), err
}

func TestDynamoDB(t *testing.T) {
	t.Parallel()
	server := gated(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write([]byte(accessKey(r.Header) + " " + r.Header.Get("X-Amz-Target") + " " + string(body)))
	})
	const one = `{"TableName":"T"}`
	for _, test := range []struct {
		name, key, target, body string
		status                  int
		want                    string
	}{
		// The backend sees the runner's key: with another, it might look into other tables.
		{
			"allowed", "Reader", "DynamoDB_20120810.GetItem", one, 200,
			`local DynamoDB_20120810.GetItem {"ReturnConsumedCapacity":"TOTAL","TableName":"T"}`,
		},
		{"the runner's own", Own, "DynamoDB_20120810.DeleteTable", one, 200, "local DynamoDB_20120810.DeleteTable " + one},
		{
			"denied", "Reader", "DynamoDB_20120810.PutItem", one, 400,
			`{"Message":"User: arn:aws:sts::000000000000:assumed-role/R/F is not authorized to perform: dynamodb:PutItem on ` +
				`resource: ` + table +
				` because no identity-based policy allows the dynamodb:PutItem action",` +
				`"__type":"com.amazon.coral.service#AccessDeniedException"}` + "\n",
		},
		{
			"one of several", "Reader", "DynamoDB_20120810.TransactGetItems",
			`{"TransactItems":[{"Get":{"TableName":"T"}},{"Get":{"TableName":"S"}}]}`, 400,
			"GetItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table/S ",
		},
		// A query of an index is one of that index, not of its table.
		{
			"an index", "Reader", "DynamoDB_20120810.Query", `{"TableName":"T","IndexName":"by"}`, 200,
			"local DynamoDB_20120810.Query ",
		},
		{
			"another index", "Reader", "DynamoDB_20120810.Query", `{"TableName":"T","IndexName":"to"}`, 400,
			"Query on resource: " + table + "/index/to ",
		},
		{"the index's table", "Reader", "DynamoDB_20120810.Query", one, 400, "Query on resource: " + table + " "},
		{"nobody", "", "DynamoDB_20120810.GetItem", one, 400, "#MissingAuthenticationTokenException"},
		{"a stranger", "Writer", "DynamoDB_20120810.GetItem", one, 400, "#UnrecognizedClientException"},
		{"a stream", "Reader", "DynamoDBStreams_20120810.ListStreams", one, 400, "#UnknownOperationException"},
		{"nonsense", "Reader", "DynamoDB_20120810.GetItem", "{", 400, "#ValidationException"},
	} {
		status, answer, err := ask(t.Context(), t, server, test.key, test.target, test.body)
		if err != nil || status != test.status || !strings.Contains(answer, test.want) {
			t.Errorf("%s: status %d, answer %s, %v; want %d and %s", test.name, status, answer, err, test.status, test.want)
		}
	}
}

// TestWritten: what was written is told of, by table; what was read, refused or failed is not.
func TestWritten(t *testing.T) {
	t.Parallel()
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "DeleteItem") {
			w.WriteHeader(http.StatusBadRequest) // its condition failed
		}
	}))
	defer behind.Close()
	backend, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	control, told := New(&template.System{}), make(chan string, 9)
	control.Written = func(table string) { told <- table }
	server := httptest.NewServer(control.DynamoDB(backend))
	defer server.Close()
	transaction := `{"TransactItems":[{"Put":{"TableName":"T"}},{"Put":{"TableName":"S"}},{"Update":{"TableName":"T"}}]}`
	for operation, body := range map[string]string{
		"PutItem": `{"TableName":"T"}`, "GetItem": `{"TableName":"R"}`, "DeleteItem": `{"TableName":"U"}`,
		"TransactWriteItems": transaction,
	} {
		for _, key := range []string{Own, "Writer"} { // a stranger is refused
			if _, _, err := ask(t.Context(), t, server, key, "DynamoDB_20120810."+operation, body); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(told)
	got := map[string]int{}
	for one := range told {
		got[one[strings.LastIndex(one, "/")+1:]]++
	}
	if len(got) != 2 || got["T"] != 2 || got["S"] != 1 {
		t.Errorf("units were reported for the tables %v, want T twice and S once", got)
	}
}

// A function sees how DynamoDB fails as if nothing stood between.
func TestBrokenAnswerIsPassedOnBroken(t *testing.T) {
	t.Parallel()
	server := gated(t, func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); bytes.Contains(body, []byte("half")) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"Item":`))
			_ = http.NewResponseController(w).Flush()
		}
		panic(http.ErrAbortHandler)
	})
	if status, answer, err := ask(t.Context(), t, server, "Reader", "DynamoDB_20120810.GetItem",
		`{"TableName":"T"}`); err == nil {
		t.Errorf("no answer became %d %s", status, answer)
	}
	status, answer, err := ask(t.Context(), t, server, "Reader", "DynamoDB_20120810.GetItem",
		`{"TableName":"T","half":true}`)
	if status != 200 || answer != `{"Item":` || err == nil {
		t.Errorf("half an answer became %d %s %v", status, answer, err)
	}
}

// A function that stops waiting stops DynamoDB's work, too.
func TestRequestOfCallerThatLeftIsCanceled(t *testing.T) {
	t.Parallel()
	arrived, left := make(chan bool), make(chan bool)
	server := gated(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		arrived <- true
		<-r.Context().Done()
		left <- true
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if _, _, err := ask(ctx, t, server, "Reader", "DynamoDB_20120810.GetItem", `{"TableName":"T"}`); err == nil {
		t.Error("the request was answered, want it cut off")
	}
	<-left
}

func BenchmarkAllow(b *testing.B) {
	item, _ := json.Marshal(strings.Repeat("x", 1000))
	body := []byte(`{"TableName":"T","Item":{"stream":{"S":` + string(item) + `}}}`)
	control := New(&template.System{})
	header := http.Header{
		"X-Amz-Target": {"DynamoDB_20120810.PutItem"}, "Authorization": {"AWS4-HMAC-SHA256 Credential=" + Own + "/x"},
	}
	for b.Loop() {
		if _, _, err := control.allow(header, body); err != nil {
			b.Fatal(err)
		}
	}
}
