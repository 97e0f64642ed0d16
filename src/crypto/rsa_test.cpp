#include "crypto/rsa.hpp"

#include <gtest/gtest.h>

namespace icpd::crypto {
namespace {

// Made with OpenSSL 3.0: `openssl genrsa 2048` and `8192`, `openssl dgst -sha256 -sign` over
// "hello"; then -sha1, and `openssl pkeyutl -pkeyopt rsa_padding_mode:pss`, with the smaller key.
constexpr std::string_view kModulus2048 =
    "a31bc997157d2ec4a63c7844e3417fe14971da77e17936ab3a37c761726b880242d35565d6a3576422cbeadd"
    "c7215eadf45d2a132c44a4eb556b6d324a34d1438953bb04b2cf47d301e1cd1a52055926c5130af671225e7d"
    "60c3a497b6a615f27488cc0a9751b36a429806c03743f3fd903a9ebf8aef5a449cdfc6764adfc66af4624886"
    "ffe96b0fb93db3de42db139a1de251c6acca0c5cf23863911da5e2e030216432faed0263fcc077cc49bbf5ab"
    "fec839a3bca6b29babcbf45423039e09ce71b5cbe39cfd32f1426ddb911b3c45564d5f6236e44c05553a0aa9"
    "6fadea5fd626c4cb5fe8a5fa7583708fe9f0ec251720441184afc5ac0165af7873826131";
constexpr std::string_view kSignature2048 =
    "9709023a1d5e55c09316713002c57f26e9c6e1fcd3321fde59388833d7fcb0c3aeb8581d10fe9cc5e8d23ed0"
    "52540a06c8791bb5b6d67548b5b1acc8b8046d7bcc9c4425582665ccc8d2d98a18c45785c5a1914a2b7430c6"
    "9b0db7986a459b722018a06cc0aa1a4c7e9f48976a60c34d426a6f7b41f6e98f84b8d294bcdf9ffaf917166b"
    "a978c0f646c49cbced4f07bc509bc31807e78da2d62f22e81f1b5a098e31f4cadad1edf734d661c13da5d1d2"
    "19ddac9930fc65d7e291ec26aee6e7ea7607734f0db5e7c1ec49f4244326f8d9cee6e780b2523088286a4630"
    "334c666422a74978b60d70d8c9999e0a5524337b8a72a914401a5fd3a4615ce2ee47dfaf";
constexpr std::string_view kSignatureSha1 =
    "6804b72a6fffaad030e575e7f911260df84231b006b56c019a5d5f81a85f9a05eae3481ba4bca0db1cee2839"
    "cff9d5a6ae02238dd6312e2bf472bdea0255bf413caf3843fad5d1704ab240222fdfe8702ceba8e909e55b0d"
    "f566b7f89f01eebd6b43346c74805951dfebca1a7dcdbf4897f75473ddc40a792d9d97341e6072b9c0bd2bd5"
    "5c835ead3edcadb84eb430a5b26f90d9ff5de5eb399daeae75cd12f6a51489e5b81143dc3178c327aa6f9b39"
    "de154b7f5d78b3d7bf2687c28d4c64fc0aa634fe0810867dc332ae6464ca49e494dc924dce75170755dd0bd5"
    "681accce6623a71bbd4bd266f051d473b9ab5cf36ea40a8772de8c18709bdacafa96c9ca";
constexpr std::string_view kSignaturePss =
    "378ed8a5a2da1eb3ac287bd35285d496d300c46fd1b0fe171e6e53d667bb29655a688bdcee0ac364d42dd5c6"
    "0eab8c28b675a81c593441f356346f34605ac2a804c42024969bd9e93f9b8071d288f76beea99bdd53ddf512"
    "421183746559cbfa707b179b131e8998757700d11a2307e13d7aa327b26de1dff3ea66cd4e5470aee2a075f5"
    "073d407ae434c7b0ed884aad6cad1fd3091baf2d7ab60c1fff46a27eec91cde1d55ef88d1b1597f6d4a0076f"
    "66b89cdb67d516b7ecd14ac05406d08b607ee377bbc806ea48320183547f6410aa3aafc02556f59a86f85daf"
    "e1b793562106f678e710d77959e87bfd7fc0a61414e3da69a7e823f5b806983349672466";
constexpr std::string_view kModulus8192 =
    "a232bae9398fc51ac9c32ae5befae911868b2ae5e8889ee2cace34d6dea0fb63e20b22adc605f30889c9e13b"
    "f587cc2f09c85a782800ec76851983b056989dfc8e5d891588a38d17a3c6543eb5872134f357ceab9c878300"
    "04c7d75fe767f8ac298cbffff44519283121964e50afd05518d908c73c9fffc279657bc65de41fc1713523b2"
    "9c5294885c96f924cca0328fb73dd4ef803af1fc3f1859c69b77bf06970fd9e27622bbb2463236d220524507"
    "c310307d2e8eb11f5312cd59349e46ad6850e042f5b70e659d8229af8a0c664d5f28657db11472ced67bd1bf"
    "238083863fbd63515f3e93fb7b7cb99d5b80151a808e1f6381563f2bdf0a746acf2fab6776bcfa156224229c"
    "12a4eccbd0633b465b50aaf60da9ba10254b156804114ed7c787e7ec127c23873b1a5358f7df47a028a69a76"
    "94b534cb316303a7999925328be84f4bb45e82adca9307ebce22dd326e0bd267612ce75b2dd26183dadd8585"
    "484c4a2f5bb23441d78668d25dedbd2326d6f4f3ba032c34dedb9c14ca5f2d2f028fc55fa36735d0567a9096"
    "a1769b54ecbfe64cb5d772931cd9adb556b15f7ed81b936a874d38ebc546871b2996c1f003449c79f7f287ac"
    "276564ab3e7faaca16f91b4c6b6708e0441228b2498b2850cd4a08dceaefc68657fa8badd7d9042450fb6264"
    "45c1e819797ab0285d4983d1de92844a13dce959c02e4e4a5d45c4085d0f57b15c8310fba41794b252741634"
    "4262a240da664f024627dc746934f2754363890a0a92f69c1960135f9e6525fdac5064c74f7e6f921f8b42f7"
    "4c1ea82fa69f34ec26bc770f5f324fef0448c328e8849a42cf2efd6ffa53d90f6afae7d122df227f47a29581"
    "79baabd46324a68104d66434ea3bfd079760ea14182a1bacb79d5139e86553b15172ffd94e2a09460c1baa8d"
    "d059c578621ab5c8394947cffde5bc59b80d7cc2ecf66415b49d25a361b821a89ccb82e57d044a94b08f910c"
    "9e0081c21511be4ecaacc4a911e805f13bc5263de2493e6b9d64cc6ffd3e90a4d80f2a8d34aaed743715e9b5"
    "4337e20a4e9c3bc062f3231af72398573fed96dc01d85080080f0bbe33344d12733894fe00b62235e0921c70"
    "de9d3316548e876a8cf80ee8d972b4bd2f5efb1a93b2e4cfbb39dbcb7abea01482b61484688eab20a87023f6"
    "e74b418a2211b0bc7e70963092152f8b79208177c26b52994819cd07958fae16e419c88478bd9e2ad674375c"
    "8d741b979152192cd0a812c0fb45371526aa09070542056961cd72e245468aa3be23774e885cfb5159803444"
    "4d95958c5c7e7cb64a84b69befdbc5830ea443288c90d9ffa1a8cc69628f061112e197dc6070951e93e602bc"
    "475e26c0c928e5b3efa9971897b3d0ea90e708913135ea2849fc9bd4d6602567f2a6854ac1a7a9eea8045019"
    "64afddbbebc214cafd135787";
constexpr std::string_view kSignature8192 =
    "6035a79ff77de52ebb3c850783e59d258b296d4af5dd1de892db58ad04d6a169c937e6823b58d49577c22590"
    "636559aaf080c87f1d54ea2f9c1600df53476ef34ffa6c18a69d44b700f52f3371f5ce84d1c34b453604797a"
    "6318fccafce050014db055aa986a0eeb55f933cd2f3e8537342594637497597a593a095cc1022c79ba6ccfad"
    "e03d765ed6f3f31920f8fc380fb9da2903ef39754f74dc858cdf8326643c07c26d337222826496fb37508d1a"
    "2b036529a381cbbd726adbf7767f54e23c4c68e8249d7cc323f6ae731364202271133ca152e88e53c06961c4"
    "8144e4b854eaa17a04955395c1af6d9bbf4364bf6b064b8a2d7f7e824ba960f86b5cd41bad28b15f09920757"
    "72a9fa1c7de7a7ce5e9c6f7ef7279dfcd2f631ab11c7cb839448cdfa54d88602b5995a310e40adb7127dbddb"
    "b439012efff1e48d889f298199ac972aa251c5dd2a6a01522bceee3840406c5377dce136de3b4b17fd2fa764"
    "8f74dab3711701134b70c00cc38b67126b39fe4cb85c0804e493e557965edaf82df8be1f7ac93b5bb7492641"
    "8b34cb598e143b23c959e3c366b097591162e27a047f9bf1469f11110ff3ab166cb6c71968936d6f55a1ac5d"
    "70fd5c49eaf7c3acdae7d59d1988e9e78fffbcc2af89f2d003f2b7326eadf911e2fd70e9d79ffae6ce392997"
    "c8e5fb5a9156db616e5d847f619f92b623cb0e34702084ab06105abacba2fe2d9a4ce620b95c01f8d473c18d"
    "f8e464017c9de2de2bd218af49c7cd20405104891baa102dfb262d89b9a83bad62b8df5222b79e4fa203778f"
    "2577335ec0a0437684ecc16a35ba53ce4d77d9f07bb17c19af8354c134d51717f089a706a8c2de32e6028630"
    "c25bc09ac1d58b0cf351cf2bb5605faf690ca9ccefc50934e1601359eefe309a15b1b93fd410036f43050b23"
    "88e5c5eb760f320ce10842d0a38d070bb227628918f66555da8695d6dea494a570e6f4c16c01b9f6919f9d97"
    "b770c91c927e0c11c92acb28960f0c616f2653bee3646414ab02e1e4e8daaf2f7096084bd3108f5a732383a5"
    "da92fc3b4f4211528007268c7b1503d00efcd075e974299050c5bc96324da5c41e3438f9e53b4e4d433c7a03"
    "15e91ac23bee8d61f1467048ffd8e010f39cf7ee627021effc3a98f958bf7eed6a889f17c0024b50b5593cb4"
    "ab2b0b36688c7996fdecd67482f41915d612f674cc2ead1766f574a82ab8362f398d2e6a5bde7f179bf49e4b"
    "32463de7a6e15572ccf6ae8c5a6bbd572c14c66e19f66db02e9f8e1ce2013b6ad6068de39978b245a008b5e7"
    "43aef9c59a123f77dbf3da6aeddabab0667df8f629b46cd646a5d666a5186b539c339e384ff285bf38f96edf"
    "f4b2abb9818b8238f83ebce681c8cbe11fa980b1b4c93f13b5a8087eeb9543ae143555dd0a85efeb170737fa"
    "c84884edcb337aa6b8eb5bb3";

const Bytes kExponent = {1, 0, 1};
const ByteView kMessage = as_bytes("hello");

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

TEST(Rsa, verifies_with_the_smallest_and_the_largest_modulus) {
  EXPECT_TRUE(rsa_verify({hex(kModulus2048), kExponent}, kMessage, hex(kSignature2048)));
  EXPECT_TRUE(rsa_verify({hex(kModulus8192), kExponent}, kMessage, hex(kSignature8192)));
}

TEST(Rsa, accepts_numbers_with_leading_zeros) {
  Bytes modulus = {0, 0};
  append(modulus, hex(kModulus2048));
  const Bytes exponent = {0, 1, 0, 1};
  EXPECT_TRUE(rsa_verify({modulus, exponent}, kMessage, hex(kSignature2048)));
}

TEST(Rsa, refuses_other_messages_keys_hashes_and_paddings) {
  const Bytes modulus = hex(kModulus2048);
  EXPECT_FALSE(rsa_verify({modulus, kExponent}, as_bytes("hallo"), hex(kSignature2048)));
  EXPECT_FALSE(rsa_verify({modulus, Bytes{3}}, kMessage, hex(kSignature2048)));
  EXPECT_FALSE(rsa_verify({modulus, kExponent}, kMessage, hex(kSignatureSha1)));
  EXPECT_FALSE(rsa_verify({modulus, kExponent}, kMessage, hex(kSignaturePss)));
}

TEST(Rsa, refuses_signatures_of_another_length_or_not_below_the_modulus) {
  const Bytes modulus = hex(kModulus2048);
  Bytes longer = {0};
  append(longer, hex(kSignature2048));
  EXPECT_FALSE(rsa_verify({modulus, kExponent}, kMessage, longer));
  EXPECT_FALSE(rsa_verify({modulus, kExponent}, kMessage, {}));
  EXPECT_FALSE(rsa_verify({modulus, kExponent}, kMessage, modulus));
}

TEST(Rsa, checks_the_bounds_of_modulus_and_exponent) {
  const auto refused = [](const Bytes& modulus, const Bytes& exponent) {
    return rsa_check_key({modulus, exponent}).error().message;
  };
  const std::string no_exponent = "RSA key: the exponent is not an odd number of 2 to 32 bits";
  Bytes odd_2047(256, 0xff);
  odd_2047[0] = 0x7f;
  EXPECT_EQ(refused(odd_2047, kExponent),
            "RSA key: a modulus of 2047 bits is not within 2048 and 8192");
  EXPECT_EQ(refused(Bytes(1025, 0x01), kExponent),
            "RSA key: a modulus of 8193 bits is not within 2048 and 8192");
  EXPECT_EQ(refused({}, kExponent), "RSA key: a modulus of 0 bits is not within 2048 and 8192");
  EXPECT_EQ(refused(Bytes(256, 0xfe), kExponent), "RSA key: even modulus");
  const Bytes modulus(256, 0xff);
  EXPECT_EQ(refused(modulus, {}), no_exponent);
  EXPECT_EQ(refused(modulus, {1}), no_exponent);
  EXPECT_EQ(refused(modulus, {4}), no_exponent);
  EXPECT_EQ(refused(modulus, {1, 0, 0, 0, 1}), no_exponent);
  EXPECT_TRUE(rsa_check_key({modulus, Bytes{3}}).ok());
  EXPECT_TRUE(rsa_check_key({modulus, Bytes{0xff, 0xff, 0xff, 0xff}}).ok());
}

}  // namespace
}  // namespace icpd::crypto
