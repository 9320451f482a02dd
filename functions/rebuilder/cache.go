//go:build cache

package main

import _ "github.com/annals-es/annals/pkg/annals/annalscache" // the driver of read models in Valkey or Redis
