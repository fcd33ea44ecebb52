module slipway/container-exporter

go 1.24
