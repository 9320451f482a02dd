// Package archive writes commits to a file and reads them back, with checks that the file is complete and unchanged.
// Start with [NewWriter] and [Read]. Archives move commits to another table, or keep a copy outside of it.
//
// An archive is NDJSON: {"format":"annals.commits.v1"}; a line per commit, those of one stream in order from its first;
// and {"commits","events","digest"}, where digest is the SHA-256 of all lines before, in hexadecimal. Payloads are
// stored as texts instead of JSON, because the commits' hashes cover each of their bytes.
package archive

import (
	"bytes"
	"encoding/hex"
	"encoding/json"

	"github.com/annals-es/annals/pkg/es/storekit"

	"github.com/annals-es/annals/pkg/es"
)

// Format is the name of the format, in an archive's first line.
const Format = "annals.commits.v1"

type (
	headLine struct {
		Format string `json:"format"`
	}
	endLine struct {
		Commits int64  `json:"commits"`
		Events  int64  `json:"events"`
		Digest  string `json:"digest"`
	}
	commitLine struct {
		Stream   string         `json:"stream"`
		Version  int64          `json:"version"`
		ID       string         `json:"id"`
		At       string         `json:"at"`
		Events   []eventLine    `json:"events"`
		Meta     metaLine       `json:"meta,omitzero"`
		Command  *es.CommandRef `json:"command,omitempty"`
		Prev     string         `json:"prev,omitempty"`
		Hash     string         `json:"hash"`
		Siblings []placeLine    `json:"siblings,omitempty"`
	}
	eventLine struct {
		Type   string `json:"type"`
		Schema int    `json:"schema"`
		Data   string `json:"data"`
	}
	metaLine struct {
		CorrelationID string            `json:"correlationId,omitempty"`
		CausationID   string            `json:"causationId,omitempty"`
		Actor         string            `json:"actor,omitempty"`
		OccurredAt    string            `json:"occurredAt,omitempty"`
		Extra         map[string]string `json:"extra,omitempty"`
	}
	placeLine struct {
		Stream  string `json:"stream"`
		Version int64  `json:"version"`
	}
)

func newLine(c *es.Commit) commitLine {
	l := commitLine{
		Stream: c.Stream.String(), Version: c.Version, ID: c.ID, At: es.FormatTime(c.At),
		Meta: metaLine{
			c.Meta.CorrelationID, c.Meta.CausationID, c.Meta.Actor, es.FormatTime(c.Meta.OccurredAt), c.Meta.Extra,
		},
		Prev: hex.EncodeToString(c.Prev), Hash: hex.EncodeToString(c.Hash),
	}
	for _, e := range c.Events {
		l.Events = append(l.Events, eventLine{e.Type, e.Schema, string(e.Data)})
	}
	if c.Command != (es.CommandRef{}) {
		l.Command = &c.Command
	}
	for _, s := range c.Siblings {
		l.Siblings = append(l.Siblings, placeLine{s.Stream.String(), s.Version})
	}
	return l
}

// commit returns the commit of a line.
func (l *commitLine) commit() (c es.Commit, err error) {
	keep := func(failed error) {
		if err == nil {
			err = failed
		}
	}
	var failed error
	c.Version, c.ID = l.Version, l.ID
	c.Stream, failed = es.ParseStreamID(l.Stream)
	keep(failed)
	c.At, failed = storekit.ParseTime(l.At)
	keep(failed)
	if l.Prev != "" {
		c.Prev, failed = hex.DecodeString(l.Prev)
		keep(failed)
	}
	c.Hash, failed = hex.DecodeString(l.Hash)
	keep(failed)
	c.Meta = es.Meta{
		CorrelationID: l.Meta.CorrelationID, CausationID: l.Meta.CausationID, Actor: l.Meta.Actor, Extra: l.Meta.Extra,
	}
	c.Meta.OccurredAt, failed = storekit.ParseTime(l.Meta.OccurredAt)
	keep(failed)
	for _, e := range l.Events {
		c.Events = append(c.Events, es.RawEvent{Type: e.Type, Schema: e.Schema, Data: json.RawMessage(e.Data)})
	}
	if l.Command != nil {
		c.Command = *l.Command
	}
	for _, s := range l.Siblings {
		stream, failed := es.ParseStreamID(s.Stream)
		keep(failed)
		c.Siblings = append(c.Siblings, es.StreamVersion{Stream: stream, Version: s.Version})
	}
	return c, err
}

func encodeLine(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}
