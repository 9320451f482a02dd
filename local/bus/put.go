package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// The shapes of https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html.
type (
	putEvents struct{ Entries []entry }
	entry     struct {
		Detail, DetailType, EventBusName, Source string
		Resources                                []string
		Time                                     *float64 // seconds since 1970
	}
	result struct {
		EventID      string `json:"EventId,omitempty"`
		ErrorCode    string `json:",omitempty"`
		ErrorMessage string `json:",omitempty"`
	}
	putResult struct {
		FailedEntryCount int
		Entries          []result
	}
)

// size is an entry's size by EventBridge's rules.
func (e *entry) size() int {
	n := len(e.Source) + len(e.DetailType) + len(e.Detail)
	if e.Time != nil {
		n += 14
	}
	for _, r := range e.Resources {
		n += len(r)
	}
	return n
}

// put answers PutEvents. A mistake in an entry fails that entry, a mistake in the request fails all entries.
func (s *Server) put(header http.Header, in putEvents) (any, error) {
	if len(in.Entries) == 0 || len(in.Entries) > maxEntries {
		return nil, apiError{"ValidationException", fmt.Sprintf("%d validation errors detected: Value at 'entries' failed "+
			"to satisfy constraint: Member must have length less than or equal to %d and greater than or equal to "+
			"1", 1, maxEntries)}
	}
	size := 0
	for i := range in.Entries {
		size += in.Entries[i].size()
		if b := s.find(&in.Entries[i]); b != nil && s.MayPut != nil {
			if err := s.MayPut(header, b.ARN); err != nil {
				return nil, apiError{"AccessDeniedException", err.Error()}
			}
		}
	}
	if size > maxSize {
		return nil, apiError{
			"ValidationException",
			fmt.Sprintf("Total size of the entries in the request is over the limit: %d bytes, %d are possible.", size, maxSize),
		}
	}
	out := putResult{Entries: make([]result, len(in.Entries))}
	for i := range in.Entries {
		id, err := s.accept(&in.Entries[i])
		if err == nil {
			out.Entries[i].EventID = id
			continue
		}
		e, ok := errors.AsType[apiError](err)
		if !ok {
			return nil, err
		}
		out.Entries[i] = result{ErrorCode: e.Code, ErrorMessage: e.Message}
		out.FailedEntryCount++
	}
	return out, nil
}

// find returns the bus that an entry names, by name or ARN, or nil if there is none.
func (s *Server) find(e *entry) *Bus {
	b := s.buses[e.EventBusName[strings.LastIndexByte(e.EventBusName, '/')+1:]]
	if b == nil || e.EventBusName != b.Name && e.EventBusName != b.ARN {
		return nil
	}
	return b
}

// accept puts one event on its bus.
func (s *Server) accept(e *entry) (id string, err error) {
	b := s.find(e)
	var object map[string]any
	switch {
	case strings.TrimSpace(e.Source) == "":
		return "", apiError{"InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."}
	case strings.TrimSpace(e.DetailType) == "":
		return "", apiError{
			"InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
		}
	case utf8.RuneCountInString(e.DetailType) > 128:
		return "", apiError{"InvalidArgument", "Parameter DetailType is not valid. Reason: Must be 128 characters or less."}
	case e.Detail == "":
		return "", apiError{"InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."}
	case json.Unmarshal([]byte(e.Detail), &object) != nil || object == nil:
		return "", apiError{"MalformedDetail", "Detail is malformed."}
	case strings.HasPrefix(e.Source, "aws."):
		return "", apiError{"NotAuthorizedForSourceException", "Not authorized for the source."}
	case b == nil:
		return "", apiError{"ResourceNotFoundException", fmt.Sprintf("Event bus %s does not exist.", e.EventBusName)}
	}
	at := time.Now()
	if e.Time != nil {
		at = time.UnixMilli(int64(*e.Time * 1000))
	}
	id = uuid.NewString()
	return id, b.Put(Event{
		Version: "0", ID: id, DetailType: e.DetailType, Source: e.Source, Account: s.account,
		Time:   at.UTC().Truncate(time.Second),
		Region: s.region, Resources: append([]string{}, e.Resources...), Detail: json.RawMessage(e.Detail),
	})
}
