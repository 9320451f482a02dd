package projection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/es"
)

// Description is what a program without the code of a projection, or of a reaction, knows of it: plain data, for JSON.
// [Subscription.Describe] makes it, and [Description.Subscription] makes a subscription of it again, for an [Engine]
// that only looks.
type Description struct {
	Name string `json:"name"`
	// Folds are the versions of the fold that the code has, the one that builds new generations first.
	Folds []FoldDescription `json:"folds"`
	// Reaction: it keeps no rows, and is never rebuilt.
	Reaction bool `json:"reaction,omitempty"`
	// Inline: commands may write its rows, see [Subscription].
	Inline bool `json:"inline,omitempty"`
	// Replaces are the names of the projections that it replaces.
	Replaces []string `json:"replaces,omitempty"`
}

// FoldDescription describes a version of a fold.
type FoldDescription struct {
	Version int `json:"version"`
	// Reads are the types of the streams that it reads, each with the stored events that do not concern it. All others
	// do, also those that the code does not know.
	Reads map[string][]EventType `json:"reads"`
}

// EventType names events as they are stored.
type EventType struct {
	Type   string `json:"type"`
	Schema int    `json:"schema"`
}

// Describe returns what a program without the subscription's code needs to know of it. A [Handler] is described by
// its StoredTypes.
func (s *Subscription) Describe() Description {
	d := Description{
		Name: s.name(), Reaction: !s.Projection.rebuilds(), Inline: s.Inline, Replaces: slices.Clone(s.Replaces),
	}
	for _, p := range s.folds() {
		d.Folds = append(d.Folds, describeFold(p))
	}
	return d
}

func describeFold(p Projection) FoldDescription {
	f := FoldDescription{Version: p.FoldVersion(), Reads: map[string][]EventType{}}
	for streamType, stored := range p.stored() {
		unconcerned := []EventType{}
		for _, t := range stored {
			if !p.handles(streamType, es.RawEvent{Type: t.Name, Schema: t.Schema}) {
				unconcerned = append(unconcerned, EventType{t.Name, t.Schema})
			}
		}
		f.Reads[streamType] = unconcerned
	}
	return f
}

// Subscription returns a subscription of which only the description is known. An [Engine] of such subscriptions answers
// what it does about real ones as long as it only looks, and [Engine.Skip] works. What would fold an event, or change
// the catalog, fails with [ErrDescribed].
func (d Description) Subscription(view View) Subscription {
	s := Subscription{View: view, Inline: d.Inline, Replaces: slices.Clone(d.Replaces)}
	for _, f := range d.Folds {
		p := &described{name: d.Name, reaction: d.Reaction, is: f}
		if s.Projection == nil {
			s.Projection = p
			continue
		}
		s.Former = append(s.Former, p)
	}
	return s
}

// ErrDescribed says that only the description of a projection is known.
var ErrDescribed = errors.New("only the projection's description is known here: it takes the service's code")

// described is a projection of which only the description is known.
type described struct {
	name     string
	reaction bool
	is       FoldDescription
}

func (p *described) Name() string     { return p.name }
func (p *described) FoldVersion() int { return p.is.Version }

func (p *described) Reads(streamType string) bool {
	_, reads := p.is.Reads[streamType]
	return reads
}

// Check implements [Projection].
func (p *described) Check() error {
	if p.name == "" || p.is.Version < 1 {
		return fmt.Errorf("described projection %q: it needs a name, and a fold version from 1", p.name)
	}
	return nil
}

func (p *described) handles(streamType string, e es.RawEvent) bool {
	return !slices.Contains(p.is.Reads[streamType], EventType{e.Type, e.Schema})
}

func (p *described) fold(context.Context, json.RawMessage, []step) (json.RawMessage, *Writes, error) {
	return nil, nil, &foldError{err: ErrDescribed, transient: true}
}

func (p *described) stored() map[string][]es.StoredType { return nil }
func (p *described) skipped() []string                  { return nil }
func (p *described) personal(string) bool               { return false }
func (p *described) handlesType(string) bool            { return true }
func (p *described) topics(json.RawMessage) []string    { return nil }
func (p *described) lists() []rows                      { return nil }
func (p *described) appends() bool                      { return false }
func (p *described) rebuilds() bool                     { return !p.reaction }
func (p *described) acts() bool                         { return false }
func (p *described) retryFromQueue() bool               { return false }

// mayWrite tells whether an engine has the code of all its projections.
//
// Errors: [ErrDescribed].
func (e *Engine) mayWrite() error {
	for i := range e.subscriptions {
		if _, is := e.subscriptions[i].Projection.(*described); is {
			return fmt.Errorf("projection %s: %w", e.subscriptions[i].name(), ErrDescribed)
		}
	}
	return nil
}
