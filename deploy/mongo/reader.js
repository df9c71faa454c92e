// Run once by the image of MongoDB while it prepares an empty data directory: the gateway's role, which only reads.
db.getSiblingDB("admin").createUser({
  user: "lienthong_reader",
  pwd: process.env.READER_PASSWORD,
  roles: ["social_insurance", "health", "transport", "civil_status", "education"].map((database) => ({
    role: "read",
    db: database,
  })),
});
