# Deliberately vulnerable: see ../README.md.
provider "aws" {
  region = "eu-central-1"
}

resource "aws_s3_bucket" "invoices" {
  #checkov:skip=CKV_AWS_144:Invoices can be made again from the database, so one region is enough
  bucket = "shop-invoices"
}

resource "aws_s3_bucket_acl" "invoices" {
  bucket = aws_s3_bucket.invoices.id
  acl    = "public-read"
}

resource "aws_security_group" "web" {
  name = "shop-web"

  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_db_instance" "shop" {
  allocated_storage   = 20
  engine              = "postgres"
  instance_class      = "db.t3.micro"
  username            = "shop"
  password            = "letmein-2019"
  publicly_accessible = true
  storage_encrypted   = false
  skip_final_snapshot = true
}
