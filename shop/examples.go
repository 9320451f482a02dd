package shop

// Examples of bodies, for the documentation and the local runner.
var (
	anAccount = OpenAccount{
		AccountID: "ada-usd", OwnerName: "Ada Lovelace", Email: "ada@example.com",
		InitialDeposit: Money{Amount: "100.00", Currency: "USD"},
	}
	aDeposit  = DepositMoney{Amount: Money{Amount: "20.00", Currency: "USD"}, Description: "savings"}
	aProduct  = ListProduct{ProductID: "tea", Name: "Green tea", UnitPrice: Money{Amount: "9.50", Currency: "USD"}}
	anOrder   = CreateOrder{OrderID: "o-1", CustomerID: "ada", Items: []Item{{ProductID: "tea", Quantity: 2}}}
	anAddress = ShippingAddress{Recipient: "Ada Lovelace", Line1: "12 St James Square", City: "Ockham", Country: "UK"}
)
