package data

// Product is a row of products.csv.
type Product struct {
	ID        string
	Name      string
	UnitPrice string // decimal, USD
	InStock   int    // units, after all shipments in the files
}

var productColumns = []string{"product_id", "product_name", "unit_price", "units_in_stock"}

func readProduct(r *row) Product {
	return Product{
		ID: r.text("product_id"), Name: r.text("product_name"),
		UnitPrice: r.decimal("unit_price"), InStock: r.count("units_in_stock", 0),
	}
}

// Customer is a row of customers.csv. Contact is the name of a person.
type Customer struct {
	ID, Name, Contact string
}

var customerColumns = []string{"customer_id", "company_name", "contact_name"}

func readCustomer(r *row) Customer {
	return Customer{ID: r.text("customer_id"), Name: r.text("company_name"), Contact: r.text("contact_name")}
}
