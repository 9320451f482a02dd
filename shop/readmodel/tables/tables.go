// Package tables declares the service's tables: the name that each has inside the service, the environment variable that
// holds its name on DynamoDB, and its keys. The infrastructure creates them from here.
package tables

import (
	"slices"
	"strings"

	"github.com/annals-es/annals/pkg/es/dynamostore"
	"github.com/annals-es/annals/pkg/es/dynamotable"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
)

// Table is one table of the service.
type Table struct {
	// Name is the table's name inside the service, in kebab case: "orders".
	Name string
	dynamotable.Table
}

// Env is the environment variable that tells a function the table's name on DynamoDB: TABLE_ORDERS.
func (t Table) Env() string {
	return "TABLE_" + strings.ToUpper(strings.ReplaceAll(t.Name, "-", "_"))
}

// Output is the output of the stack that holds the table's name on DynamoDB: OrdersTableName.
func (t Table) Output() string {
	var b strings.Builder
	for word := range strings.SplitSeq(t.Name, "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String() + "TableName"
}

// Events is the event table, Snapshots that of the aggregates' snapshots, Projections that of all projections' generations.
var (
	Events      = Table{Name: "events", Table: dynamostore.EventsTable}
	Snapshots   = Table{Name: "snapshots", Table: dynamostore.SnapshotsTable}
	Projections = Table{Name: "projections", Table: dynamoview.ReadTable}
	// ReserveStock holds the checkpoints of the reaction of its name.
	ReserveStock = Table{Name: "reserve-stock", Table: dynamoview.ReadTable}
	// Publisher holds the publisher's checkpoints.
	Publisher = Table{Name: "publisher", Table: dynamoview.ReadTable}
)

// Connections holds who is connected over WebSocket, and what each wants to be told of. See internal/push.
var Connections = Table{Name: "connections", Table: dynamotable.Table{
	Partition:  dynamotable.Key{Name: "pk", Type: dynamotable.String},
	Sort:       dynamotable.Key{Name: "sk", Type: dynamotable.String},
	TimeToLive: "expires",
}}

// The names of the read models, each with a read table of its own.
const (
	Accounts       = "accounts"
	Orders         = "orders"
	ProductCatalog = "product-catalog"
	ProductCounts  = "product-counts"
	//annals:new read-models
)

// The names of read models that others replace. Their tables stay as long as the code of these read models does.
const (
	AccountSummary   = "account-summary"
	AccountStatement = "account-statement"
	OrderSummary     = "order-summary"
	ActiveOrders     = "active-orders"
	CustomerOrders   = "customer-orders"
	ProductInventory = "product-inventory"
	ProductSales     = "product-sales"
)

// ReadModels are the read tables of the read models, one each.
var ReadModels = []Table{
	indexed(Accounts), indexed(Orders), ReadModel(ProductCatalog), indexed(ProductCounts),
	//annals:new read-tables
}

// Replaced are the read tables of read models that others replace.
var Replaced = []Table{
	ReadModel(AccountSummary), ReadModel(AccountStatement),
	ReadModel(OrderSummary), ReadModel(ActiveOrders), ReadModel(CustomerOrders),
	ReadModel(ProductInventory), ReadModel(ProductSales),
}

// ReadTables are all read tables.
var ReadTables = slices.Concat(ReadModels, Replaced)

// Inline are the read tables whose rows commands write, with their events.
var Inline = []Table{ReadModel(ProductCatalog)}

// ReadModel is the read table of a read model, which has no lists over an index.
func ReadModel(name string) Table { return Table{Name: name, Table: dynamoview.ReadTable} }

// indexed is a read table that has room for two lists over an index.
func indexed(name string) Table { return Table{Name: name, Table: dynamoview.IndexedReadTable} }
