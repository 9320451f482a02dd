//go:build search

package main

import _ "github.com/annals-es/annals/pkg/annals/annalssearch" // the driver of read models in OpenSearch
