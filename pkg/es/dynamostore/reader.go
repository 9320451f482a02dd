package dynamostore

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
)

// reader reads the attributes of an item or of a map in it. A missing attribute reads as empty. err is the first
// attribute of a wrong type or form.
type reader struct {
	item Item
	err  error
}

func (r *reader) fail(name string, err error) {
	if r.err == nil {
		r.err = fmt.Errorf("attribute %q: %w", name, err)
	}
}

// get returns an attribute if it exists and has the type T.
func get[T types.AttributeValue](r *reader, name string) (T, bool) {
	var none T
	av, there := r.item[name]
	if !there {
		return none, false
	}
	v, ok := av.(T)
	if !ok {
		r.fail(name, fmt.Errorf("is %T, want %T", av, none))
	}
	return v, ok
}

func (r *reader) text(name string) string {
	if v, ok := get[*types.AttributeValueMemberS](r, name); ok {
		return v.Value
	}
	return ""
}

func (r *reader) number(name string) int64 {
	v, ok := get[*types.AttributeValueMemberN](r, name)
	if !ok {
		return 0
	}
	i, err := strconv.ParseInt(v.Value, 10, 64)
	if err != nil {
		r.fail(name, err)
	}
	return i
}

func (r *reader) bytes(name string) []byte {
	if v, ok := get[*types.AttributeValueMemberB](r, name); ok {
		return v.Value
	}
	return nil
}

// sub returns a reader of a map attribute, or nil if there is none. Call join to take over its errors.
func (r *reader) sub(name string) *reader {
	if v, ok := get[*types.AttributeValueMemberM](r, name); ok {
		return &reader{item: v.Value}
	}
	return nil
}

func (r *reader) join(name string, sub *reader) {
	if sub.err != nil {
		r.fail(name, sub.err)
	}
}

// maps calls read for each element of a list of maps.
func (r *reader) maps(name string, read func(i, n int, m *reader)) {
	list, ok := get[*types.AttributeValueMemberL](r, name)
	if !ok {
		return
	}
	for i, av := range list.Value {
		m, ok := av.(*types.AttributeValueMemberM)
		if !ok {
			r.fail(name, fmt.Errorf("element %d is %T, want a map", i, av))
			return
		}
		sub := reader{item: m.Value}
		read(i, len(list.Value), &sub)
		r.join(name, &sub)
	}
}

func (r *reader) events() (events []es.RawEvent) {
	r.maps("events", func(i, n int, m *reader) {
		if events == nil {
			events = make([]es.RawEvent, n)
		}
		events[i] = es.RawEvent{Type: m.text("type"), Schema: int(m.number("schema")), Data: []byte(m.text("data"))}
		if events[i].Type == "" {
			m.fail("type", errors.New("is missing"))
		}
	})
	return events
}

func (r *reader) siblings() (siblings []es.StreamVersion) {
	r.maps("siblings", func(_, _ int, m *reader) {
		stream, err := es.ParseStreamID(m.text("stream"))
		if err != nil {
			m.fail("stream", err)
		}
		siblings = append(siblings, es.StreamVersion{Stream: stream, Version: m.number("version")})
	})
	return siblings
}

func (r *reader) meta() es.Meta {
	m := r.sub("meta")
	if m == nil {
		return es.Meta{}
	}
	meta := es.Meta{CorrelationID: m.text("correlationId"), CausationID: m.text("causationId"), Actor: m.text("actor")}
	var err error
	if meta.OccurredAt, err = storekit.ParseTime(m.text("occurredAt")); err != nil {
		m.fail("occurredAt", err)
	}
	if extra := m.sub("extra"); extra != nil {
		meta.Extra = make(map[string]string, len(extra.item))
		for k := range extra.item {
			meta.Extra[k] = extra.text(k)
		}
		m.join("extra", extra)
	}
	r.join("meta", m)
	return meta
}
