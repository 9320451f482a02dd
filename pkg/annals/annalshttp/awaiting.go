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

// awaiting has the parameters of every query that say which versions its answer must show.
type awaiting struct {
	Token  token  `header:"Consistency-Token" doc:"The Consistency-Token of earlier commands: Type#id@version, up to 10 separated by commas. The answer shows these versions or later ones, or its status is 202. Ignored: streams that the caller may not read; streams of types that this query's read model does not read. Ignored altogether where the answer is made from the events: for version, for asOf, and in the audit trail"`
	After  token  `query:"after" doc:"The same as Consistency-Token, with # as %23"`
	Prefer string `header:"Prefer" minLength:"1" example:"wait=5" doc:"wait=N: wait up to N seconds for the read model, 0 to 10; default 2 (RFC 7240). Other preferences are ignored"`
}

// token is a Consistency-Token as callers send it: the token of one command, or several separated by commas.
type token string

const placesPattern = `^ *[^#,]+#[^,]+@[1-9][0-9]{0,18} *(, *[^#,]+#[^,]+@[1-9][0-9]{0,18} *)*$`

// Schema implements [huma.SchemaProvider]. The pattern stands only in the document: parseToken checks tokens, with
// better messages.
func (token) Schema(huma.Registry) *huma.Schema {
	return textSchema(placesPattern, "")
}

// awaited lists the versions that an answer must show, and how long to wait for them.
type awaited struct {
	streams []es.StreamVersion // each stream once
	wait    time.Duration
	applied string // the value of Preference-Applied, "" if the caller's preference was not used
}

const (
	maxTokenStreams = 10
	defaultWait     = 2 * time.Second
	maxWait         = 10 // seconds
)

// awaits parses the parameters.
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
		return awaited{}, invalidField("query.after", "differs from the header "+tokenHeader+": send only one of them")
	}
	w := awaited{streams: streams, wait: defaultWait}
	if seconds, preferred := preferredWait(in.Prefer); preferred && len(streams) > 0 {
		w.wait, w.applied = time.Duration(seconds)*time.Second, "wait="+strconv.Itoa(seconds)
	}
	return w, nil
}

// parseToken returns the streams of a token, sorted by name. A stream that occurs twice counts once, at its higher
// version.
func parseToken(field, text string) ([]es.StreamVersion, error) {
	if text == "" {
		return nil, nil
	}
	var all []es.StreamVersion
	for part := range strings.SplitSeq(text, ",") {
		v, err := es.ParseStreamVersion(strings.TrimSpace(part))
		if err != nil || len(v.Stream.Type) > refusal.MaxID || len(v.Stream.ID) > refusal.MaxID {
			return nil, invalidField(field, "must be the Consistency-Token of a command: Type#id@version, such as "+
				"Account#a-1@3, or several separated by commas")
		}
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b es.StreamVersion) int {
		return cmp.Or(cmp.Compare(a.Stream.String(), b.Stream.String()), cmp.Compare(b.Version, a.Version))
	})
	all = slices.CompactFunc(all, func(a, b es.StreamVersion) bool { return a.Stream == b.Stream })
	if len(all) > maxTokenStreams {
		return nil, invalidField(field, "must name at most "+strconv.Itoa(maxTokenStreams)+" streams")
	}
	return all, nil
}

// preferredWait returns the seconds of the preference "wait", at most maxWait. Other preferences and a malformed one
// are ignored, as RFC 7240 demands.
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

// ids returns the streams without their versions.
func (w awaited) ids() []es.StreamID {
	ids := make([]es.StreamID, len(w.streams))
	for i, v := range w.streams {
		ids[i] = v.Stream
	}
	return ids
}

// names reports whether the caller asked for a version of a stream.
func (w awaited) names(stream es.StreamID) bool {
	return slices.ContainsFunc(w.streams, func(v es.StreamVersion) bool { return v.Stream == stream })
}
