package annals_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/searchindex"
	"github.com/annals-es/annals/pkg/es/projection/sqltable"
)

var rosterTable = sqltable.Documents[rosterDocument]("rosters", sqltable.Text("first", "Students"))

func noneBySQL(context.Context, annals.SQLTables, annals.None) (annals.Page[string], error) {
	return annals.Page[string]{}, nil
}

func noneFound(context.Context, *annals.SearchIndex, annals.None) (annals.Found[string], error) {
	return annals.Found[string]{}, nil
}

// TestOn: a deployment without a store has neither the read models in it nor the routes that only they answer. The
// declaration stays as it is.
func TestOn(t *testing.T) {
	t.Parallel()
	other := newRoster("other", projection.From(courses, projection.On(addToRoster)))
	s := annals.New("school", annals.Aggregate(courses), annals.ReadModel(roster, annals.InSQL(rosterTable)),
		annals.QuerySQL("GET /rosters", roster, noneBySQL, annals.Operators), annals.Document("GET /courses/{id}", other))
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	paths := func(s *annals.Service) (all []string) {
		for _, o := range s.Operations {
			all = append(all, o.Path)
		}
		return all
	}
	without, with := s.On(), s.On(annals.SQL)
	if got := paths(without); !slices.Equal(got, []string{"/courses/{id}"}) || without.ReadModel("roster") != nil {
		t.Errorf("without SQL: routes %v, roster %v", got, without.ReadModel("roster"))
	}
	if with != s || len(paths(s)) != 2 || s.ReadModel("roster").Store != annals.SQL {
		t.Errorf("with SQL: routes %v, roster %+v", paths(with), s.ReadModel("roster"))
	}
	if got := s.Describe().ReadModels; len(got) != 2 || got[0].Store != annals.SQL || got[1].Store != "" {
		t.Errorf("described as %+v", got)
	}
}

// TestStoresOfReadModels: mistakes about stores are named.
func TestStoresOfReadModels(t *testing.T) {
	t.Parallel()
	for want, parts := range map[string][]annals.Part{
		"read model roster can't be inline: commands write in transactions of DynamoDB": {
			annals.ReadModel(roster, annals.InSQL(rosterTable), annals.Inline),
		},
		"read model roster: table Rosters: the name": {
			annals.ReadModel(roster, annals.InSQL(sqltable.Documents[rosterDocument]("Rosters"))),
		},
		"GET /rosters is answered by the store sql, but read model roster is in dynamodb: declare it with annals.InSQL": {
			annals.ReadModel(roster), annals.QuerySQL("GET /rosters", roster, noneBySQL, annals.Operators),
		},
		"GET /rosters is answered by the store search, but read model roster is in sql: declare it with annals.InSearch": {
			annals.ReadModel(roster, annals.InSQL(rosterTable)),
			annals.QuerySearch("GET /rosters", roster, noneFound, annals.Operators),
		},
		"read model roster: field Students is declared twice": {
			annals.ReadModel(roster, annals.InSearch(searchindex.Documents[rosterDocument](
				searchindex.Text("Students"), searchindex.Text("Students")))),
		},
		"read model roster can't be inline: commands write in transactions of DynamoDB, but it is in cache": {
			annals.ReadModel(roster, annals.InCache, annals.Inline),
		},
		"read models roster and other both have a table rosters": {
			annals.ReadModel(roster, annals.InSQL(rosterTable)),
			annals.ReadModel(newRoster("other", projection.From(courses, projection.On(addToRoster))), annals.InSQL(rosterTable)),
		},
	} {
		err := annals.New("school", append(parts, annals.Aggregate(courses))...).Check()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for list, want := range map[string]string{"": "[]", "sql": "[sql]", "sql, sql": "[sql]", "sql,search,cache": "[sql,search,cache]"} {
		if got, err := annals.ParseStores(list); err != nil || strings.Trim(want, "[]") != join(got) {
			t.Errorf("stores %q: %v, %v, want %s", list, got, err, want)
		}
	}
	if _, err := annals.ParseStores("sql,mongo"); err == nil || !strings.Contains(err.Error(), `no store "mongo"`) {
		t.Errorf("an unknown store: %v", err)
	}
}

func join(all []annals.Store) string {
	texts := make([]string, len(all))
	for i, s := range all {
		texts[i] = string(s)
	}
	return strings.Join(texts, ",")
}
