package annalscdk

import (
	"slices"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
	"github.com/annals-es/annals/shop"
)

// service is what the stack is made of.
var service = shop.New()

// The tables of the service.
var (
	readTables   = annalsaws.ReadTables(service)
	inlineTables = annalsaws.InlineReadTables(service)
	events       = []annalsaws.Table{annalsaws.Events}
	snapshots    = []annalsaws.Table{annalsaws.Snapshots}
	projections  = []annalsaws.Table{annalsaws.Projections}
	reactions    = annalsaws.ReactionTables(service)
	connections  = []annalsaws.Table{annalsaws.Connections}
	// listedTables are those of read models that queries list over an index.
	listedTables = tablesOfLists()
)

func tablesOfLists() []annalsaws.Table {
	listed := func(m *annals.DeclaredReadModel) bool {
		return slices.ContainsFunc(service.Operations, func(o *annals.Operation) bool {
			return slices.ContainsFunc(o.Readings, func(r annals.Reading) bool { return r.Indexed && r.Projection == m.Name() })
		})
	}
	var all []annalsaws.Table
	for _, m := range service.ReadModels {
		if listed(m) {
			all = append(all, annalsaws.ReadTable(m))
		}
	}
	return all
}
