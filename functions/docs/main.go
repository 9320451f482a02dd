// Docs is the Lambda function behind the routes that describe the API. Everybody may ask it, so it has access to
// nothing.
package main

import (
	"github.com/annals-es/annals/pkg/annals/annalslambda"
	"github.com/annals-es/annals/shop"
)

func main() { annalslambda.Docs(shop.New()) }
