package dynamostore

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/annals-es/annals/pkg/es"
)

// Item is an item of the event table, in the form that the SDK and stream records use.
type Item = map[string]types.AttributeValue

func s(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
func n(v int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(v, 10)}
}

func encode(c *es.Commit) Item {
	item := Item{
		"stream":  s(c.Stream.String()),
		"version": n(c.Version),
		"count":   n(int64(len(c.Events))),
		"id":      s(c.ID),
		"at":      s(es.FormatTime(c.At)),
		"hash":    &types.AttributeValueMemberB{Value: c.Hash},
	}
	item["events"] = encodeEvents(c, true)
	var names []string
	for _, e := range c.Events {
		if !slices.Contains(names, e.Type) {
			names = append(names, e.Type)
		}
	}
	item["types"] = &types.AttributeValueMemberSS{Value: names}
	if len(c.Prev) > 0 {
		item["prev"] = &types.AttributeValueMemberB{Value: c.Prev}
	}
	if meta := encodeMeta(c.Meta); len(meta) > 0 {
		item["meta"] = &types.AttributeValueMemberM{Value: meta}
	}
	if c.Command.ID != "" {
		item["command"] = &types.AttributeValueMemberM{Value: texts("id", c.Command.ID, "fingerprint", c.Command.Fingerprint)}
	}
	if len(c.Siblings) > 0 {
		siblings := make([]types.AttributeValue, len(c.Siblings))
		for i, sib := range c.Siblings {
			siblings[i] = &types.AttributeValueMemberM{Value: Item{"stream": s(sib.Stream.String()), "version": n(sib.Version)}}
		}
		item["siblings"] = &types.AttributeValueMemberL{Value: siblings}
	}
	return item
}

func encodeEvents(c *es.Commit, withData bool) types.AttributeValue {
	events := make([]types.AttributeValue, len(c.Events))
	for i, e := range c.Events {
		event := Item{"type": s(e.Type), "schema": n(int64(e.Schema))}
		if withData {
			event["data"] = s(string(e.Data))
		}
		events[i] = &types.AttributeValueMemberM{Value: event}
	}
	return &types.AttributeValueMemberL{Value: events}
}

func encodeMeta(m es.Meta) Item {
	meta := texts("correlationId", m.CorrelationID, "causationId", m.CausationID, "actor", m.Actor,
		"occurredAt", es.FormatTime(m.OccurredAt))
	if len(m.Extra) > 0 {
		extra := make(Item, len(m.Extra))
		for k, v := range m.Extra {
			extra[k] = s(v)
		}
		meta["extra"] = &types.AttributeValueMemberM{Value: extra}
	}
	return meta
}

// texts returns the pairs whose value is not empty.
func texts(pairs ...string) Item {
	item := Item{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			item[pairs[i]] = s(pairs[i+1])
		}
	}
	return item
}

// Decode converts an item of the event table to a commit.
//
// Errors: [es.CorruptError], which names the item and the attribute.
func Decode(item Item) (es.Commit, error) {
	r := reader{item: item}
	c := es.Commit{
		Version: r.number("version"),
		ID:      r.text("id"),
		Prev:    r.bytes("prev"),
		Hash:    r.bytes("hash"),
	}
	var err error
	if c.Stream, err = es.ParseStreamID(r.text("stream")); err != nil {
		r.fail("stream", err)
	}
	if c.At, err = storekit.ParseTime(r.text("at")); err != nil {
		r.fail("at", err)
	}
	c.Events = r.events()
	if packed := r.bytes("zdata"); packed != nil {
		if err := unpack(packed, c.Events); err != nil {
			r.fail("zdata", err)
		}
	}
	if count := r.number("count"); len(c.Events) == 0 || count != int64(len(c.Events)) {
		r.fail("count", fmt.Errorf("is %d, there are %d events", count, len(c.Events)))
	}
	if c.Version < 1 {
		r.fail("version", errors.New("must be from 1"))
	}
	c.Meta = r.meta()
	if m := r.sub("command"); m != nil {
		c.Command = es.CommandRef{ID: m.text("id"), Fingerprint: m.text("fingerprint")}
		r.join("command", m)
	}
	c.Siblings = r.siblings()
	if r.err != nil {
		return es.Commit{}, &es.CorruptError{Stream: c.Stream, Version: c.Version, Reason: "item", Err: r.err}
	}
	return c, nil
}
