// Package routes declares every route of the HTTP API once. The infrastructure, the routers of the functions and the
// OpenAPI document are all made from this list.
package routes

import "net/http"

// Function names the Lambda function that serves a route.
type Function string

// The functions behind the API.
const (
	Command Function = "command"
	Query   Function = "query"
	Docs    Function = "docs"
)

// Scope is what a caller's token must allow. Its names are those of a Cognito resource server: "<server>/<scope>".
type Scope string

// The scopes. Who may operate acts on what belongs to anybody, on routes that its other scopes open.
const (
	ToCommand Scope = "annals/command"
	ToQuery   Scope = "annals/query"
	ToOperate Scope = "annals/operate"
)

// Scopes are all scopes, with what each allows.
var Scopes = map[Scope]string{
	ToCommand: "Change what is one's own",
	ToQuery:   "Read what is one's own, and products",
	ToOperate: "Act on what belongs to anybody; products, stock, payments and shipments",
}

// Route is one route of the API.
type Route struct {
	// ID is the operation's id, unique, in kebab case.
	ID       string
	Method   string
	Path     string // with {parameters}, as both API Gateway and net/http spell them
	Function Function
	Scope    Scope // what opens it; "" = it is open to all
	Summary  string
}

// The commands.
var (
	OpenAccount        = Route{"open-account", http.MethodPost, "/accounts", Command, ToCommand, "Open an account"}
	DepositMoney       = Route{"deposit-money", http.MethodPost, "/accounts/{id}/deposits", Command, ToCommand, "Deposit money"}
	WithdrawMoney      = Route{"withdraw-money", http.MethodPost, "/accounts/{id}/withdrawals", Command, ToCommand, "Withdraw money"}
	CloseAccount       = Route{"close-account", http.MethodPost, "/accounts/{id}/close", Command, ToCommand, "Close an account whose balance is zero"}
	TransferMoney      = Route{"transfer-money", http.MethodPost, "/transfers", Command, ToCommand, "Transfer money between two accounts, on both or on neither"}
	CreateOrder        = Route{"create-order", http.MethodPost, "/orders", Command, ToCommand, "Create an order, with items if wanted"}
	AddItem            = Route{"add-item", http.MethodPost, "/orders/{id}/items", Command, ToCommand, "Add an item to a draft order"}
	RemoveItem         = Route{"remove-item", http.MethodDelete, "/orders/{id}/items/{productId}", Command, ToCommand, "Remove a product from a draft order"}
	SetShippingAddress = Route{"set-shipping-address", http.MethodPut, "/orders/{id}/shipping-address", Command, ToCommand, "Set where a draft order goes"}
	PlaceOrder         = Route{"place-order", http.MethodPost, "/orders/{id}/place", Command, ToCommand, "Place an order"}
	CancelOrder        = Route{"cancel-order", http.MethodPost, "/orders/{id}/cancel", Command, ToCommand, "Cancel an order that has not been shipped"}
	ReceivePayment     = Route{"receive-payment", http.MethodPost, "/orders/{id}/payments", Command, ToOperate, "Record a payment, in part or in full"}
	ShipOrder          = Route{"ship-order", http.MethodPost, "/orders/{id}/shipments", Command, ToOperate, "Ship an order that is paid in full"}
	DeliverOrder       = Route{"deliver-order", http.MethodPost, "/orders/{id}/delivery", Command, ToOperate, "Record that a shipped order was delivered"}
	ListProduct        = Route{"list-product", http.MethodPost, "/products", Command, ToOperate, "List a product for sale"}
	ReceiveStock       = Route{"receive-stock", http.MethodPost, "/products/{id}/stock", Command, ToOperate, "Receive stock of a product"}
	ChangePrice        = Route{"change-price", http.MethodPost, "/products/{id}/price", Command, ToOperate, "Change a product's price"}
	//annals:new command-routes
)

// The queries.
var (
	GetAccount          = Route{"get-account", http.MethodGet, "/accounts/{id}", Query, ToQuery, "An account with its balance"}
	GetStatement        = Route{"get-statement", http.MethodGet, "/accounts/{id}/statement", Query, ToQuery, "An account's movements, newest first"}
	GetOrder            = Route{"get-order", http.MethodGet, "/orders/{id}", Query, ToQuery, "An order's summary"}
	ListOrders          = Route{"list-orders", http.MethodGet, "/orders", Query, ToOperate, "Active orders: placed and not delivered, oldest first"}
	ListCustomerOrders  = Route{"list-customer-orders", http.MethodGet, "/customers/{id}/orders", Query, ToQuery, "A customer's orders, newest first"}
	GetProduct          = Route{"get-product", http.MethodGet, "/products/{id}", Query, ToQuery, "A product with its price"}
	GetProductInventory = Route{"get-product-inventory", http.MethodGet, "/products/{id}/inventory", Query, ToQuery, "A product's stock"}
	GetProductSales     = Route{"get-product-sales", http.MethodGet, "/products/{id}/sales", Query, ToOperate, "A product's sales, counted when orders are placed"}
	TopProductSales     = Route{"top-product-sales", http.MethodGet, "/products/sales", Query, ToOperate, "The products that sold best"}
	GetStream           = Route{"get-stream", http.MethodGet, "/streams/{type}/{id}", Query, ToQuery, "The audit trail: every event of a stream"}
	//annals:new query-routes
)

// What the API says of itself.
var (
	GetOpenAPI  = Route{"get-openapi", http.MethodGet, "/openapi.json", Docs, "", "The API as an OpenAPI 3.1 document"}
	GetDocs     = Route{"get-docs", http.MethodGet, "/docs", Docs, "", "The API as a page"}
	GetDocsFile = Route{"get-docs-file", http.MethodGet, "/docs/{file}", Docs, "", "What that page is made of"}
)

// Reference is the routes that describe the others. They tell nothing of anybody, and are no part of what they describe.
var Reference = []Route{GetOpenAPI, GetDocs, GetDocsFile}

// All is every command and query.
var All = []Route{
	OpenAccount, DepositMoney, WithdrawMoney, CloseAccount, TransferMoney,
	CreateOrder, AddItem, RemoveItem, SetShippingAddress, PlaceOrder, CancelOrder, ReceivePayment, ShipOrder, DeliverOrder,
	ListProduct, ReceiveStock, ChangePrice,
	GetAccount, GetStatement, GetOrder, ListOrders, ListCustomerOrders,
	GetProduct, GetProductInventory, GetProductSales, TopProductSales, GetStream,
	//annals:new routes
}

// Of returns the routes that a function serves, in the order of All.
func Of(f Function) []Route {
	var of []Route
	for _, r := range All {
		if r.Function == f {
			of = append(of, r)
		}
	}
	return of
}
