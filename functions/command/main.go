// Command is the Lambda function behind the routes that change something: it decides commands and appends their events.
package main

import (
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/shop"
)

func main() { annalslambda.Command(shop.New()) }
