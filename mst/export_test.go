package mst

var CommonPrefix = commonPrefix[string, string]
