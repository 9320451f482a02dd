package shop_test

import (
	"encoding/json"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/pkg/annals/publish"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	esreaction "github.com/annals-es/annals/pkg/es/reaction"
	"github.com/annals-es/annals/shop"
)

// TestDescriptionsAgree: by its description, each read model and reaction is concerned by the same events as by its
// code, also by events that the code does not know.
func TestDescriptionsAgree(t *testing.T) {
	t.Parallel()
	service := shop.New().On()
	text, err := json.Marshal(annalsaws.Describe(service))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the shop's description has %d bytes", len(text))
	var d annalsaws.Description
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	known := map[string]projection.Description{}
	for _, m := range d.Service.ReadModels {
		known[m.Name] = m.Description
	}
	for _, r := range d.Service.Reactions {
		known[r.Name] = r
	}
	subscriptions := real(service)
	if len(known) != len(subscriptions) {
		t.Errorf("%d projections are described, want %d", len(known), len(subscriptions))
	}
	compared := 0
	for _, want := range subscriptions {
		got := known[want.Projection.Name()].Subscription(memview.New())
		if err := got.Check(); err != nil {
			t.Errorf("check the description of %s: %v", want.Projection.Name(), err)
			continue
		}
		folds := append([]projection.Projection{want.Projection}, want.Former...)
		for i, fold := range append([]projection.Projection{got.Projection}, got.Former...) {
			compared += agree(t, service, folds[i], fold)
		}
	}
	if compared < 100 {
		t.Errorf("only %d events were compared", compared)
	}
}

// real are the subscriptions as the code has them.
func real(s *annals.Service) []projection.Subscription {
	all := s.Subscriptions(func(string) projection.View { return memview.New() })
	for _, r := range s.Reactions {
		var p projection.Projection = esreaction.New(esreaction.Reaction{Name: r.Name, Sources: r.Sources(nil)})
		if r.IsTimer() {
			p = r.Timer(nil, esreaction.TimerConfig{})
		}
		all = append(all, projection.Subscription{Projection: p})
	}
	return append(all, projection.Subscription{Projection: publish.NewPublisher(nil, "", "", s.Public...)})
}

// agree compares what concerns two folds, and returns how many events it compared.
func agree(t *testing.T, s *annals.Service, want, got projection.Projection) int {
	t.Helper()
	if want.Name() != got.Name() || want.FoldVersion() != got.FoldVersion() {
		t.Errorf("%s/%d is described as %s/%d", want.Name(), want.FoldVersion(), got.Name(), got.FoldVersion())
	}
	events := map[string][]es.StoredType{"Thing": {{Name: "ThingHappened", Schema: 1}}}
	for _, a := range s.Aggregates {
		for _, e := range a.StoredTypes {
			events[a.StreamType] = append(events[a.StreamType], e, es.StoredType{Name: e.Name, Schema: e.Schema + 1})
		}
		events[a.StreamType] = append(events[a.StreamType], es.StoredType{Name: "Teleported", Schema: 1})
	}
	compared := 0
	for streamType, stored := range events {
		for _, e := range stored {
			c := &es.Commit{
				Stream: es.StreamID{Type: streamType, ID: "x"}, Version: 1,
				Events: []es.RawEvent{{Type: e.Name, Schema: e.Schema}},
			}
			if compared++; projection.Concerns(want, c) != projection.Concerns(got, c) {
				t.Errorf("%s %s schema %d: reads %s: %v, by the description: %v", streamType, e.Name, e.Schema,
					want.Name(), projection.Concerns(want, c), projection.Concerns(got, c))
			}
		}
	}
	return compared
}

// TestTablesOfDescription: the description names the tables that the declaration has.
func TestTablesOfDescription(t *testing.T) {
	t.Parallel()
	service := shop.New().On()
	want := map[string]annalsaws.Table{}
	for _, table := range annalsaws.Tables(service) {
		want[table.Name] = table
	}
	got := annalsaws.TablesOf(service.Describe())
	for _, table := range got {
		if want[table.Name].Env() != table.Env() || len(want[table.Name].Indexes) != len(table.Indexes) {
			t.Errorf("table %+v, want %+v", table, want[table.Name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d tables, want %d", len(got), len(want))
	}
}
