package annalshttp

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/pkg/annals/refusal"
	"github.com/annals-es/annals/pkg/es"
)

// awaiting is what every query is told of what its answer is to show.
type awaiting struct {
	Token  token  `header:"Consistency-Token" doc:"What commands answered: Type#id@version, up to 10 separated by commas. The answer shows these versions, or it is 202. Streams that are not the caller's, and those of a type that the query's read model does not read, count for nothing; nor does any where the answer comes from the events: at a version, at an instant, the audit trail"`
	After  token  `query:"after" doc:"The same as Consistency-Token, with # as %23"`
	Prefer string `header:"Prefer" minLength:"1" example:"wait=5" doc:"wait=N: how many seconds to wait for the read model, 0 to 10, instead of 2 (RFC 7240); what else it says is ignored"`
}

// token is what callers give as Consistency-Token: what commands answered, or several of these separated by commas.
type token string

const placesPattern = `^ *[^#,]+#[^,]+@[1-9][0-9]{0,18} *(, *[^#,]+#[^,]+@[1-9][0-9]{0,18} *)*$`

// Schema implements [huma.SchemaProvider]. The pattern is for the document: parseToken says what is wrong with one.
func (token) Schema(huma.Registry) *huma.Schema {
	return textSchema(placesPattern, "")
}

// awaited is what an answer is to show, and how long it may take to.
type awaited struct {
	streams []es.StreamVersion // each stream once
	wait    time.Duration
	applied string // the preference that decides, "" if none does
}

const (
	maxTokenStreams = 10
	defaultWait     = 2 * time.Second
	maxWait         = 10 // seconds
)

// awaits reads what the caller asks for.
func (in awaiting) awaits() (awaited, error) {
	streams, err := parseToken("header."+tokenHeader, string(in.Token))
	if err != nil {
		return awaited{}, err
	}
	after, err := parseToken("query.after", string(in.After))
	switch {
	case err != nil:
		return awaited{}, err
	case len(streams) == 0:
		streams = after
	case len(after) > 0 && !slices.Equal(streams, after):
		return awaited{}, invalidField("query.after", "says other than "+tokenHeader+": give one of them")
	}
	w := awaited{streams: streams, wait: defaultWait}
	if seconds, preferred := preferredWait(in.Prefer); preferred && len(streams) > 0 {
		w.wait, w.applied = time.Duration(seconds)*time.Second, "wait="+strconv.Itoa(seconds)
	}
	return w, nil
}

// parseToken reads a token: the streams by name, each once, at the highest version asked for.
func parseToken(field, text string) ([]es.StreamVersion, error) {
	if text == "" {
		return nil, nil
	}
	var all []es.StreamVersion
	for part := range strings.SplitSeq(text, ",") {
		v, err := es.ParseStreamVersion(strings.TrimSpace(part))
		if err != nil || len(v.Stream.Type) > refusal.MaxID || len(v.Stream.ID) > refusal.MaxID {
			return nil, invalidField(field, "must be what a command answered: Type#id@version, such as Account#a-1@3, "+
				"or several separated by commas")
		}
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b es.StreamVersion) int {
		return cmp.Or(cmp.Compare(a.Stream.String(), b.Stream.String()), cmp.Compare(b.Version, a.Version))
	})
	all = slices.CompactFunc(all, func(a, b es.StreamVersion) bool { return a.Stream == b.Stream })
	if len(all) > maxTokenStreams {
		return nil, invalidField(field, "can name "+strconv.Itoa(maxTokenStreams)+" streams")
	}
	return all, nil
}

// preferredWait reads the seconds of the preference "wait", at most maxWait. Others, and one that is malformed, are
// ignored, as RFC 7240 has it.
func preferredWait(prefer string) (seconds int, preferred bool) {
	for preference := range strings.SplitSeq(prefer, ",") {
		preference, _, _ = strings.Cut(preference, ";") // parameters
		name, value, _ := strings.Cut(preference, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "wait") {
			continue
		}
		n, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(value), `"`), 10, 31)
		return min(int(n), maxWait), err == nil
	}
	return 0, false
}

// ids are the streams that the caller asked for a version of.
func (w awaited) ids() []es.StreamID {
	ids := make([]es.StreamID, len(w.streams))
	for i, v := range w.streams {
		ids[i] = v.Stream
	}
	return ids
}

// names tells whether the caller asked for a version of a stream.
func (w awaited) names(stream es.StreamID) bool {
	return slices.ContainsFunc(w.streams, func(v es.StreamVersion) bool { return v.Stream == stream })
}
