package annalshttp

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/annals-es/annals/pkg/es"
)

// answer is what an operation answers with. Headers that are empty are not sent.
type answer struct {
	status  int
	headers map[string]string
	body    any
}

// What answers say in headers. The fields are for the document.
type (
	moved struct {
		ETag  string `header:"ETag" doc:"The aggregate's version, for If-Match"`
		Token string `header:"Consistency-Token" doc:"Stream and version, for queries that are to see what the command did"`
	}
	created struct {
		Location string `header:"Location" doc:"The path of what was created"`
		moved
	}
	transacted struct {
		Token string `header:"Consistency-Token"`
	}
	found struct {
		Consistency string `header:"Consistency" doc:"strong = from the events; provisional = from the events, and so young that it may still change; absent = from the read model"`
		Applied     string `header:"Preference-Applied" doc:"The wait that was preferred, where it counted for something"`
	}
)

// write sends an answer. After an error nothing is sent.
//
// Errors: a body that can't be written as JSON.
func (a *answer) write(w http.ResponseWriter) error {
	text, err := plainJSON(a.body)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	for name, value := range a.headers {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(a.status)
	_, _ = w.Write(append(text, '\n')) // a caller who has gone is told nothing
	return nil
}

// tokenOf is the Consistency-Token of versions of streams.
func tokenOf(all ...es.StreamVersion) string {
	texts := make([]string, len(all))
	for i, v := range all {
		texts[i] = v.String()
	}
	return strings.Join(texts, ",")
}

func etagOf(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }
