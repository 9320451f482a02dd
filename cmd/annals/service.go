package main

import "github.com/annals-es/annals/shop"

// service is the declaration of the service that the command line was built for: it has its code.
var service = shop.New()
