package annalshttp

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/annals-es/annals/pkg/es"
)

// answer is the response of an operation. Empty headers are not sent.
type answer struct {
	status  int
	headers map[string]string
	body    any
}

// The response headers, by kind of operation. These types exist only to describe the headers in the OpenAPI document.
type (
	moved struct {
		ETag  string `header:"ETag" doc:"The aggregate's version, for If-Match of the next command"`
		Token string `header:"Consistency-Token" doc:"Stream and version. Send it with a query, and the query shows what this command did"`
	}
	created struct {
		Location string `header:"Location" doc:"The path of the new aggregate"`
		moved
	}
	transacted struct {
		Token string `header:"Consistency-Token"`
	}
	found struct {
		Consistency string `header:"Consistency" doc:"strong: made from the events. provisional: made from the events, but the instant is so recent that the answer may still change. Absent: made from the read model"`
		Applied     string `header:"Preference-Applied" doc:"The wait of the Prefer header, if it was used"`
	}
)

// write sends the answer. If it returns an error, it has sent nothing.
//
// Errors: the body can't be encoded as JSON.
func (a *answer) write(w http.ResponseWriter) error {
	text, err := plainJSON(a.body)
	if err != nil {
		return fmt.Errorf("encode the answer as JSON: %w", err)
	}
	for name, value := range a.headers {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(a.status)
	_, _ = w.Write(append(text, '\n')) // fails only if the caller has disconnected
	return nil
}

// tokenOf formats stream versions as a Consistency-Token.
func tokenOf(all ...es.StreamVersion) string {
	texts := make([]string, len(all))
	for i, v := range all {
		texts[i] = v.String()
	}
	return strings.Join(texts, ",")
}

func etagOf(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }
